"""Where pytest finds the fixtures that every test folder of this repository shares."""

pytest_plugins = ["tests.databases", "tests.faces"]
