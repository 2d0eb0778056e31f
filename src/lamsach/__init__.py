"""lamsach ("làm sạch": to cleanse): vaccination records, cleansed and certified."""

__version__ = "0.1.0"
