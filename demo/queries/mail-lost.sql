-- Legitimate mail in one window: how much there was, how much the filter took for spam.
select arm, via, mail_type as "mailType",
       count(*) as units,
       count(*) filter (where flagged) as events
from outcomes
where at >= :start and at < :end and mail_type <> 'spam'
group by arm, via, mail_type
