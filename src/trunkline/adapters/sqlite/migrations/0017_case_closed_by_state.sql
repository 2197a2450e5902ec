-- When a flow last delivered late is asked all the time, and stood behind every dead letter that came since.
DROP INDEX case_closed;
CREATE INDEX case_closed ON flow_case (flow, state, at)
    WHERE state IN ('delivered', 'dropped', 'discarded', 'superseded', 'dead');
