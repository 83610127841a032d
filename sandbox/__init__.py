"""The embedded stand-in for BookedBarber V2. Shares no code with the suite: the contract is HTTP."""
