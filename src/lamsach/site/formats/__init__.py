"""How numbers and dates are written where Django's own rules for a language leave it open."""
