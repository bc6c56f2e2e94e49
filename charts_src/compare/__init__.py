"""How two environments differ, and which of their decisions make it so."""
