-- One month of a retailer whose guides are paid, one query per table; hashes make every value.
-- macros
create macro pick(i, salt) as (hash(i, salt) >> 1)::bigint;
create macro moment_in(i, salt) as timestamp '$start' + to_seconds(pick(i, salt) % (31 * 86400));
create macro guide(i, salt) as 'E' || lpad((pick(i, salt) % $guides)::varchar, 6, '0');
create macro store_of(guide) as 'S' || lpad((substr(guide, 2)::integer % $stores)::varchar, 5, '0');
-- orders
select 'O' || lpad(i::varchar, 10, '0') as order_id,
    case when pick(i, 1) % 10 > 0 then 'C' || pick(i, 2) % ($guides * 10) end as customer_id,
    channel, null::varchar as platform,
    case when channel = 'store' then store_of(guide(i, 3)) end as unit_id,
    case when pick(i, 4) % 10 > 0 then guide(i, 3) end as employee_id,
    null::varchar as campaign_id, moment_in(i, 5) as paid_at,
    case when pick(i, 6) % 40 = 0 then 'cancelled' else 'completed' end as status,
    gross::decimal(18, 4) as gross_amount, 0::decimal(18, 4) as discount_amount,
    refund::decimal(18, 4) as refund_amount, (gross - refund)::decimal(18, 4) as net_amount,
    null::decimal(18, 4) as goods_cost, null::decimal(18, 4) as fee_amount, 1::bigint as item_count
from (
    select i, gross, if(pick(i, 7) % 40 = 0, gross, 0) as refund,
        ['store', 'store', 'store', 'store', 'store', 'private_mall', 'private_mall', 'livestream'][pick(i, 8) % 8 + 1]
            as channel
    from (select i, (1000 + pick(i, 9) % 60000)::decimal(18, 2) / 100 as gross from range($orders) as n(i))
)
-- contacts
select 'K' || i as contact_id, 'C' || i as customer_id, guide(i, 21) as employee_id,
    store_of(guide(i, 21)) as unit_id, 'wecom_friend' as kind, 'store' as source, null::varchar as campaign_id,
    case when i < $guides * 10 then timestamp '2025-01-01' + to_seconds(pick(i, 22) % 31536000) else moment_in(i, 23) end
        as added_at,
    true as is_first, case when pick(i, 24) % 20 = 0 then timestamp '$end' end as removed_at,
    null::varchar as removed_by
from range($guides * 14) as n(i)
-- service_daily
select date '$start' + (i % 31)::integer as date, 'E' || lpad((i // 31)::varchar, 6, '0') as employee_id,
    pick(i, 31) % 30 as chats, pick(i, 32) % 90 as messages, null::decimal(18, 4) as replied_share,
    null::decimal(18, 4) as avg_first_reply_min, pick(i, 33) % 3 as new_contacts, 0::bigint as removed_contacts
from range($guides * 31) as n(i)
where pick(i, 34) % 3 > 0
