"""The demo data of `jackfield serve --demo`, as far as the suite dials it. Change a number here, and nowhere else."""

DOMAIN = "pbx.example.test"
USERS = [str(number) for number in range(1000, 1020)]
UNKNOWN_USER = "4711"

CONTEXT = "default"  # the dialplan context of users and of the profile `internal`
SIP_PROFILE = "internal"
SIP_PORT = 5060
VERTO_PORT = 8081

GROUP = "sales"
GROUP_NUMBER = "2000"
GROUP_MEMBERS = ["1000", "1001"]
ROOM = "3000"
QUEUE = "support@default"
QUEUE_NUMBERS = ["4000", "6000"]  # the one that `serve --demo` prints beside the queue's name is used
QUEUE_AGENTS = ["1000", "1001"]
MENU = "demo"
MENU_NUMBER = "5000"
MENU_CHOICE = "1"  # this digit in the menu ...
MENU_APPLICATION = "echo"  # ... leads to this application
ECHO_NUMBER = "9196"
VOICEMAIL_NUMBER = "*98"
UNKNOWN_NUMBER = "7999"
