"""Speed of the compiled engine beside other ways to train the same networks, and the speed claims of the slides."""
