"""What is printed for a stand: a poster and a page for the person who hosts it."""
