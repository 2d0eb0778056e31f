"""Places: administrative units through time, and the offices that are responsible for them.

A unit's code means nothing without its catalogue: seven provinces' codes were given to others in
2025. This room knows no officer and no person.
"""
