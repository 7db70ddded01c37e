-- Spam that reached the inbox. One row per arm and way of assignment.
select arm,
       via,
       count(*) as units,
       count(*) filter (where not filed_as_spam) as events
from outcomes
where at >= :start and at < :end and is_spam
group by arm, via
