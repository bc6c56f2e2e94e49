"""Rights that operators have and a run on a plane does not ask for, each with the reason to keep it."""

from tools.cluster.rights import Reserve

RESERVES: tuple[Reserve, ...] = ()
