SELECT count(*) FROM bulk_actions WHERE status IN ('REQUESTED', 'CANCELING', 'FAILING')
