"""Devices and the shared vocabulary of tensors."""
