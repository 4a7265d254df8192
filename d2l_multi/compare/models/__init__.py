"""The experiments' models: written in the vocabulary all backends share, or of a framework's own parts."""
