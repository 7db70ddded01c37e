-- Spam in one window: how much there was, how much the filter let through.
select arm, via,
       count(*) as units,
       count(*) filter (where not flagged) as events
from outcomes
where at >= :start and at < :end and mail_type = 'spam'
group by arm, via
