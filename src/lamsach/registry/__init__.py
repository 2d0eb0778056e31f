"""The registry: people, doses, campaigns, corrections; what an approved change sets in motion.

The health side's record. It knows no register, no signature and no passport: those floors above
listen to its corrections (`consequences`) and say what stands in a person's way (`standing`).
"""
