"""The register (CSDL quốc gia về dân cư) and its one door, `gateway`.

All tables here lie in the register side's database. The health side asks through the gateway and
hears right, wrong or not checkable; proposals are for police officers only.
"""
