"""The mailbox providers of the lab: they receive, verify, keep what they got, and misbehave on command."""
