-- Legitimate mail that was filed as spam. One row per arm, way of assignment and mail type.
select arm,
       via,
       mail_type as "mailType",
       count(*) as units,
       count(*) filter (where filed_as_spam) as events
from outcomes
where at >= :start and at < :end and not is_spam
group by arm, via, mail_type
