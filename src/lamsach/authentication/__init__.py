"""Authentication (xác thực): one question to the register about one person, and its answer.

Every answer is a row that is added; it holds for the version of the four fields that was asked
about. This room knows the register only through `lamsach.population.gateway`.
"""
