"""What any S3 server may answer, whoever's bucket it is: read strictly here, judged by `providers/` and `storage/`.

Knows no settings and none of the project's keys; `causes` names them by placeholders that its caller fills.
"""
