"""What a lesson is made of on its page: the prediction, the class's votes, the reveal; and the words of each page."""
