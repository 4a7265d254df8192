"""The commands of ``d2l-multi``, one file each."""
