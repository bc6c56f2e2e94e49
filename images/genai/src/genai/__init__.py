"""What the programs in our images share: places of models and data, checkpoints, signs of progress."""
