"""`pulumi up` begins here."""

from components.program import main

main()
