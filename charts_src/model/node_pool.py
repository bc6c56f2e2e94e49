"""One pool of nodes: the decisions that become a Karpenter NodePool and its EC2NodeClass."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from charts_src.lib.accelerators import Accelerator, Purpose
from charts_src.lib.instances import InstanceType, instance, names, unknown_type
from charts_src.model.base import CapacityType, Form, Model, Problem
from charts_src.model.gpu_sharing import GpuSharing
from charts_src.model.gpu_sharing import check as check_gpu_sharing
from charts_src.model.platform import Zone

ReservationId = Annotated[str, Form(r"^cr-[0-9a-z]+$", "write the id of a capacity reservation: cr-...")]
"""Id of an On-Demand Capacity Reservation or a Capacity Block."""

TagText = Annotated[str, Field(min_length=1, max_length=127)]
"""Key or value of an AWS tag."""


class Reservation(Model):
    """The EC2 capacity reservations that a pool may launch into, found by id or by tags."""

    ids: tuple[ReservationId, ...] = ()
    """Reservations by id; any of them may be used."""

    tags: Annotated[Mapping[TagText, TagText], Field(max_length=20)] | None = None
    """Tags that a reservation must have, all of them."""

    type: Literal["default", "capacity-block"] | None = None
    """Launch only into reservations of one type: default (On-Demand Capacity Reservations) or capacity-block;
    into either unless set. Nodes of a capacity block are drained before it ends."""

    def problems(self) -> Iterable[Problem]:
        """Find a reservation that is described in both ways, or in none."""
        if bool(self.ids) == bool(self.tags):
            yield Problem((), "needs exactly one way to find reservations; set either ids or tags")


class NodePool(Model):
    """Nodes of one kind: what may be launched, how it is bought, how many, and when it may be disrupted."""

    purpose: Purpose
    """What runs here. system: nodes are consolidated freely. inference: only empty nodes go, others are
    replaced slowly. training: a node with a pod on it is left alone. batch: CPU nodes for jobs, only empty
    ones go."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1)]
    """EC2 instance types, all with the same kind of accelerator. Karpenter prefers one large node to many
    small ones, so list no size that is larger than you want."""

    capacity: Annotated[tuple[CapacityType, ...], Field(min_length=1)] = ("on-demand",)
    """Ways to buy a node; Karpenter takes reserved first, then spot, then on-demand."""

    max_nodes: Annotated[int, Field(ge=1, le=1000)]
    """Most nodes at one time. The limits on CPU, memory and accelerators are this many largest types."""

    replicas: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Keep this many nodes, whether pods need them or not (and pay for them); nodes come and go with the pods
    unless set. A pool stays with or without replicas for life: to change that, make a new pool."""

    weight: Annotated[int, Field(ge=1, le=100)] | None = None
    """Rank among the pools that a pod fits on, 10 unless set; the highest is tried first."""

    zones: Annotated[tuple[Zone, ...], Field(min_length=1)] | None = None
    """Availability zones of the nodes; all zones of the cluster unless set. A pool with EFA has one."""

    efa: bool = False
    """Attach all EFA interfaces that the instance types have, for training over several nodes."""

    gpu_sharing: GpuSharing | None = None
    """Several pods on each GPU; a pod has whole GPUs unless set. Only pods that ask for shares run here."""

    dedicated: bool = False
    """Taint the nodes, so that only pods run here that name the pool: single GPUs are not to keep a node with
    several from the model that needs them all. For pools with accelerators."""

    placement_group: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """Name of an existing cluster placement group, which brings the nodes close to each other."""

    reservation: Reservation | None = None
    """Reservations to launch into; goes with reserved in capacity."""

    interruptible: bool = False
    """Allow training on Spot: say so only when every job in the pool resumes from checkpoints."""

    root_volume_gib: Annotated[int, Field(ge=20, le=16384)] | None = None
    """Size of the root volume in GiB; unless set, 300 with accelerators but no instance store (images are
    large), else 100. With an instance store, images and all that pods write are on that."""

    huge_pages_gib: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Memory that each node sets aside as huge pages of 2 MiB when it starts, for pods that ask for
    hugepages-2Mi; libfabric uses them for EFA if the pod has some, and works without."""

    cpu_pinning: bool = False
    """Give containers that ask for whole CPUs, with equal requests and limits, CPUs that no other has, on the
    NUMA node of their devices if possible. Of use where jobs share a node; not with Neuron devices."""

    @property
    def types(self) -> tuple[InstanceType, ...]:
        """Facts of the instance types; raises KeyError for an unknown one, which problems() reports."""
        return tuple(instance(name) for name in self.instance_types)

    @property
    def accelerator(self) -> Accelerator:
        """Kind of accelerator of all nodes in the pool."""
        return self.types[0].accelerator

    @property
    def overlaid(self) -> bool:
        """Whether nodes have resources that Karpenter learns of through NodeOverlays only."""
        return self.huge_pages_gib is not None or self.gpu_sharing is not None

    def extra_capacity(self, item: InstanceType) -> dict[str, str]:
        """Give the resources of a node that EC2 does not know of: huge pages, and shares of GPUs."""
        pages = {"hugepages-2Mi": f"{self.huge_pages_gib}Gi"} if self.huge_pages_gib else {}
        sharing = self.gpu_sharing.sharing if self.gpu_sharing else None
        return pages | (sharing.capacity(item.gpu_name, item.gpus) if sharing else {})

    def problems(self) -> Iterable[Problem]:
        """Find instance types that don't exist or don't belong together, and purchases that make no sense."""
        yield from _repeated("instance_types", self.instance_types)
        yield from _repeated("capacity", self.capacity)
        yield from _repeated("zones", self.zones or ())
        yield from _purchase(self)
        yield from _static(self)
        unknown = tuple(_unknown(self.instance_types))
        yield from unknown or (
            *_mixture(self),
            *_memory(self),
            *_sharing(self),
            *_dedicated(self),
        )


def _repeated(field: str, values: tuple[str, ...]) -> Iterable[Problem]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Problem((field, index), f"{value} is named twice; name it once")


def _dedicated(pool: NodePool) -> Iterable[Problem]:
    if pool.dedicated and pool.accelerator == "none":
        yield Problem(("dedicated",), "is for pools with accelerators; remove it")
    elif pool.dedicated and pool.gpu_sharing:
        yield Problem(("dedicated",), "shuts out the pods that ask for shares of GPUs; remove it")


def _unknown(instance_types: tuple[str, ...]) -> Iterable[Problem]:
    for index, name in enumerate(instance_types):
        if name not in names():
            yield Problem(("instance_types", index), unknown_type(name))


def _sharing(pool: NodePool) -> Iterable[Problem]:
    if pool.gpu_sharing:
        for problem in check_gpu_sharing(pool.gpu_sharing, pool.types):
            yield Problem(("gpu_sharing", *problem.where), problem.message)


def _mixture(pool: NodePool) -> Iterable[Problem]:
    first = pool.types[0]
    for index, item in enumerate(pool.types):
        where = ("instance_types", index)
        if item.accelerator != first.accelerator:
            yield Problem(
                where,
                f"{item.name} has accelerator {item.accelerator}, {first.name} has {first.accelerator}; "
                "give each kind its own pool",
            )
        elif pool.efa and not item.efa_interfaces:
            yield Problem(where, f"{item.name} has no EFA interface; remove it, or set efa: false")
        elif pool.efa and item.efa_interfaces != first.efa_interfaces:
            yield Problem(
                where,
                f"{item.name} has {item.efa_interfaces} EFA interfaces, {first.name} has "
                f"{first.efa_interfaces}; give each count its own pool",
            )
    if (first.accelerator == "none") != (pool.purpose in ("system", "batch")):
        have, remedy = (
            ("no accelerator", "system or batch")
            if first.accelerator == "none"
            else ("accelerators", "inference or training")
        )
        yield Problem(("purpose",), f"is {pool.purpose}, but the nodes have {have}; write {remedy}")


def _static(pool: NodePool) -> Iterable[Problem]:
    if pool.replicas is None:
        return
    if pool.replicas > pool.max_nodes:
        yield Problem(("replicas",), f"is more than max_nodes {pool.max_nodes}; raise max_nodes")
    if pool.weight is not None:
        yield Problem(("weight",), "means nothing with replicas, as no pod makes nodes here; remove it")


def _memory(pool: NodePool) -> Iterable[Problem]:
    """Find huge pages that leave less memory than pods are promised, and pinning where it does harm.

    Karpenter knows nothing of huge pages, but counts 7.5% of the memory as the hypervisor's, as
    lib/capacity.py does. That is enough for both, as long as they take no more than 4%.
    """
    most = min(item.memory_mib for item in pool.types) // 1024 // 25
    if pool.huge_pages_gib and pool.huge_pages_gib > most:
        remedy = f"write {most} or less, or remove it" if most else "remove it"
        yield Problem(("huge_pages_gib",), f"is more than 4% of the memory of a node; {remedy}")
    if pool.cpu_pinning and pool.accelerator in ("trainium", "inferentia"):
        yield Problem(
            ("cpu_pinning",), "would keep Neuron devices that are neighbours apart; remove it from this pool"
        )


def _purchase(pool: NodePool) -> Iterable[Problem]:
    reserved = "reserved" in pool.capacity
    if reserved and pool.reservation is None:
        yield Problem(("capacity",), "has reserved, but no reservation is named; set reservation")
    if pool.reservation is not None and not reserved:
        yield Problem(("reservation",), "is never used; add reserved to capacity, or remove it")
    elif pool.reservation is not None and pool.reservation.type and pool.capacity != ("reserved",):
        yield Problem(
            ("reservation", "type"),
            "rules out all that is not reserved; write capacity: [reserved], or remove type",
        )
    if pool.purpose == "training" and "spot" in pool.capacity and not pool.interruptible:
        yield Problem(
            ("capacity", pool.capacity.index("spot")),
            "one reclaimed Spot node stops the whole training job; remove spot, or set interruptible: true "
            "if every job resumes from checkpoints",
        )
