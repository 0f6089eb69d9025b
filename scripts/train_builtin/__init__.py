"""The training of the model inside the program."""
