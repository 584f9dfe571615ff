# The habits of make, for those who have it: each target is a command of ./run.
.PHONY: demo test lint fmt lock vendor
demo test lint fmt lock vendor:
	@./run $@
