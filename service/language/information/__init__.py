"""What a text asks for and what it gives: typed frames over English support language, and a learned matcher."""
