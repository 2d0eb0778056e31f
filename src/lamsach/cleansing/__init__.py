"""Cleansing (làm sạch): a commune's list of wrong records, from station to police and back."""
