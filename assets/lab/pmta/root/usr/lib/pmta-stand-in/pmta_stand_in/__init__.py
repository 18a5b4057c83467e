"""A stand-in for a commercial mail server, for tests. It is not that product and shares no code with it."""

VERSION = '5.0r8'
PRODUCT = 'PowerMTA stand-in (test double, not PowerMTA)'
__version_text__ = f'PowerMTA-stand-in {VERSION}'
