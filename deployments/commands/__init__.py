"""The commands of `./tend`, one file each."""
