-- The bench's retailer, one query per table. data.py fills in the sizes; hashes make every value, so one size, one content.
-- macros
create macro pick(i, salt) as (hash(i, salt) >> 1)::bigint;
create macro day_of(i, many) as date '$start' + (i * 731 // many)::integer;
create macro moment_of(i, many) as
    date_trunc('second', timestamp '$start' + to_seconds((i * 731 * 86400 // many)::bigint));
create macro one_of(i, salt, names) as names[pick(i, salt) % len(names) + 1];
create macro buyer(i, many) as case
    when pick(i, 11) % 8 = 0 then null
    when pick(i, 12) % 5 < 3 then 'C' || pick(i, 13) % (many // 5)
    else 'C' || pick(i, 14) % many end;
create macro guide(i, salt) as 'E' || pick(i, salt) % $guides;
create macro store_of(guide) as 'S' || (substr(guide, 2)::integer % $stores);
create macro channel_of(i) as
    ['store', 'store', 'store', 'private_mall', 'public_platform', 'local_life', 'livestream', 'other']
    [pick(i, 15) % 8 + 1];
create macro campaign(i, salt) as case when pick(i, salt) % 4 = 0 then 'K' || pick(i, salt + 1) % $campaigns end;
-- orders
select 'O' || lpad(i::varchar, 10, '0') as order_id, buyer(i, $customers) as customer_id,
    channel_of(i) as channel,
    case when channel_of(i) = 'public_platform' then one_of(i, 16, ['tmall', 'jd', 'douyin']) end as platform,
    case when channel_of(i) in ('store', 'local_life') then store_of(guide(i, 17)) end as unit_id,
    case when channel_of(i) in ('store', 'private_mall') and pick(i, 18) % 4 > 0 then guide(i, 17) end
        as employee_id,
    campaign(i, 19) as campaign_id, moment_of(i, $orders) as paid_at,
    case when pick(i, 21) % 40 = 0 then 'cancelled' when pick(i, 21) % 2 = 0 then 'paid' else 'completed' end
        as status,
    gross::decimal(18, 4) as gross_amount, 0::decimal(18, 4) as discount_amount,
    refund::decimal(18, 4) as refund_amount, (gross - refund)::decimal(18, 4) as net_amount,
    (gross * 45 // 100)::decimal(18, 4) as goods_cost, (gross // 50)::decimal(18, 4) as fee_amount,
    pick(i, 22) % 5 + 1 as item_count
from (
    select i, gross, if(pick(i, 24) % 40 = 0, gross, 0) as refund
    from (select i, (1000 + pick(i, 23) % 60000)::decimal(18, 2) / 100 as gross from range($orders) as n(i))
)
-- order_lines
select 'O' || lpad((i * $orders // $order_lines)::varchar, 10, '0') as order_id,
    i::bigint as line_no, 'P' || pick(i, 31) % $products as sku_id, pick(i, 32) % 3 + 1 as qty,
    ((500 + pick(i, 33) % 30000)::decimal(18, 2) / 100)::decimal(18, 4) as net_amount
from range($order_lines) as n(i)
-- order_touches
select 'O' || lpad((i // 2 * $touch_step)::varchar, 10, '0') as order_id,
    i % 2 + 1 as seq,
    moment_of(i // 2 * $touch_step, $orders) - to_hours(1 + pick(i, 41) % 200)
        as touched_at,
    one_of(i, 42, ['ad-delivery', 'content-marketing', 'digital-guide', 'user-ops']) as role_id,
    channel_of(i) as channel, guide(i, 43) as employee_id, campaign(i, 44) as campaign_id
from range($order_touches) as n(i)
where i // 2 * $touch_step < $orders
-- customers
select 'C' || i as customer_id, moment_of(pick(i, 51) % $customers, $customers) as created_at,
    channel_of(i) as acquired_channel, campaign(i, 52) as acquired_campaign_id,
    case when pick(i, 53) % 20 = 0 then 'C' || pick(i, 54) % $customers end as referrer_customer_id,
    case when pick(i, 55) % 2 = 0 then day_of(pick(i, 56) % $customers, $customers) end as member_since,
    case when pick(i, 55) % 2 = 0 then one_of(i, 57, ['silver', 'gold', 'black']) end as member_tier,
    pick(i, 58) % 4 as tag_count, pick(i, 59) % 3 + 1 as linked_systems,
    pick(i, 60) % 3 > 0 as consent_marketing,
    case when pick(i, 61) % 200 = 0 then timestamp '2025-11-01' end as erased_at
from range($customers) as n(i)
-- contacts
select 'T' || i as contact_id, 'C' || i % $customers as customer_id, guide(i, 71) as employee_id,
    store_of(guide(i, 71)) as unit_id,
    one_of(i, 72, ['wecom_friend', 'group_member', 'oa_follower', 'mini_program_user']) as kind,
    one_of(i, 73, ['store', 'public_platform', 'ad', 'content', 'referral', 'other']) as source,
    campaign(i, 74) as campaign_id, moment_of(i, $contacts) as added_at,
    i < $customers as is_first,
    case when pick(i, 75) % 8 = 0 then moment_of(i, $contacts) + to_days(pick(i, 76) % 200) end
        as removed_at,
    case when pick(i, 75) % 8 = 0 then one_of(i, 77, ['customer', 'staff']) end as removed_by
from range($contacts) as n(i)
-- interactions
select day_of(i, $interactions) as date, 'C' || pick(i, 81) % $customers as customer_id,
    one_of(i, 82, ['reach_out', 'reach_out', 'message_in', 'group_message', 'activity_join',
        'content_click', 'share', 'review', 'mall_visit', 'mall_visit', 'add_to_cart', 'complaint']) as kind,
    guide(i, 83) as employee_id, channel_of(i) as channel, campaign(i, 84) as campaign_id,
    pick(i, 86) % 3 + 1 as count
from range($interactions) as n(i)
-- visits
select day_of(i, $visits) as date, one_of(i, 91, ['store', 'private_mall', 'public_platform'])
    as channel, null::varchar as platform, 'S' || i % $stores as unit_id, pick(i, 92) % 200 as visitors,
    pick(i, 93) % 50 as new_visitors, pick(i, 94) % 300 as visits
from range($visits) as n(i)
-- service_daily
select day_of(i, $service_daily) as date, 'E' || i % $guides as employee_id,
    pick(i, 95) % 30 as chats, pick(i, 96) % 90 as messages,
    ((pick(i, 97) % 101)::decimal(18, 2) / 100)::decimal(18, 4) as replied_share,
    ((pick(i, 98) % 600)::decimal(18, 2) / 10)::decimal(18, 4) as avg_first_reply_min,
    pick(i, 99) % 5 as new_contacts, pick(i, 100) % 2 as removed_contacts
from range($service_daily) as n(i)
-- org_units
select 'HQ' as unit_id, 'HQ' as name, 'group' as level, null as parent_id, 'na' as ownership, null as city
union all select 'R' || i, 'Region ' || i, 'region', 'HQ', 'na', null from range($regions) as n(i)
union all select 'S' || i, 'Store ' || i, 'store', 'R' || i % $regions, 'direct', null
from range($stores) as n(i)
-- employees
select 'E' || i as employee_id, null::varchar as display_name, 'S' || i % $stores as unit_id,
    null::varchar as manager_id, 'internal' as fill_mode, 1::decimal(18, 4) as fte,
    date '2020-01-01' as hired_on, null::date as left_on, null::decimal(18, 4) as monthly_cost
from range($guides) as n(i)
-- role_assignments
select 'E' || i as employee_id, 'digital-guide' as role_id, 'S' || i % $stores as unit_id,
    1::decimal(18, 4) as share, date '2020-01-01' as start_on, null::date as end_on
from range($guides) as n(i)
-- campaigns
select 'K' || i as campaign_id, 'Campaign ' || i as name, one_of(i, 1, ['ad', 'content', 'promotion'])
    as kind, one_of(i, 2, ['ad-delivery', 'content-marketing']) as owner_role,
    day_of(i, $campaigns) as start_on, day_of(i, $campaigns) + 30 as end_on,
    (pick(i, 3) % 90000)::decimal(18, 4) as actual_cost
from range($campaigns) as n(i)
-- products
select 'P' || i as sku_id, 'Product ' || i as name, 'cat' || i % 12 as category,
    199::decimal(18, 4) as list_price, 80::decimal(18, 4) as unit_cost,
    one_of(i, 1, ['none', 'none', 'none', 'member', 'private']) as exclusive_to, null::date as launched_on
from range($products) as n(i)
-- ad_spend
select day_of(i, 14620) as date, one_of(i, 1, ['tencent', 'douyin', 'weibo']) as platform,
    'K' || i % $campaigns as campaign_id, 'cr' || i % 7 as creative_id,
    (pick(i, 2) % 5000)::decimal(18, 4) as cost, pick(i, 3) % 90000 as impressions,
    pick(i, 4) % 900 as clicks, (pick(i, 5) % 9000)::decimal(18, 4) as attributed_revenue
from range(14620) as n(i)
-- content_stats
select day_of(i, 14620) as date, 'A' || i % 900 as content_id, campaign(i, 1) as campaign_id,
    channel_of(i) as channel, one_of(i, 2, ['basic', 'value_added', 'scarce']) as tier,
    pick(i, 3) % 4 = 0 as is_ugc, pick(i, 4) % 9000 as views, pick(i, 5) % 900 as likes,
    pick(i, 6) % 90 as comments, pick(i, 7) % 90 as shares, pick(i, 8) % 90 as saves
from range(14620) as n(i)
-- inventory
select last_day(date '$start' + to_months((i // 4000)::integer)) as date, 'P' || i % $products as sku_id,
    'S' || i % $stores as unit_id, pick(i, 1) % 500 as qty_on_hand,
    (pick(i, 2) % 50000)::decimal(18, 4) as cost_on_hand
from range(96000) as n(i)
-- surveys
select 'V' || i as response_id, day_of(i, 20000) as date,
    one_of(i, 1, ['nps', 'csat', 'platform_rating', 'training_feedback']) as kind,
    one_of(i, 2, ['brand', 'member_service', 'private_mall', 'public_platform', 'training']) as subject,
    (pick(i, 3) % 11)::decimal(18, 4) as score, 10::decimal(18, 4) as scale_max, 1::bigint as responses,
    null::varchar as customer_id, null::varchar as employee_id
from range(20000) as n(i)
-- training_records
select 'E' || i % $guides as employee_id, 'TP' || i % 5 as programme_id, day_of(i, 30000) as started_on,
    case when pick(i, 1) % 4 > 0 then day_of(i, 30000) + 20 end as completed_on, 8::decimal(18, 4) as hours,
    case when pick(i, 1) % 4 > 0 then (pick(i, 2) % 100)::decimal(18, 4) end as exam_score,
    pick(i, 2) % 100 >= 60 as passed,
    case when pick(i, 2) % 100 >= 60 then 'N' || i end as certificate_no,
    case when pick(i, 2) % 100 >= 60 then day_of(i, 30000) + 385 end as expires_on
from range(30000) as n(i)
-- reviews
select strftime(date '$start' + to_months((i % $months)::integer), '%Y-%m') as period,
    ['team_collaboration', 'objective_quality', 'brand_partnership', 'ad_cost_optimisation', 'manager_rating'][i // $months % 5 + 1] as kpi_id, 'employee' as subject_kind,
    'E' || i // 120 as subject_id, 'E1' as reviewer_id,
    (pick(i, 1) % 5 + 1)::decimal(18, 4) as score, 'seen' as evidence
from range(6000) as n(i)
-- costs
select strftime(date '$start' + to_months((i % $months)::integer), '%Y-%m') as period,
    ['infrastructure', 'labour', 'technology', 'content', 'campaign', 'ad_media', 'training', 'logistics'][i // $months % 8 + 1] as cost_type,
    if(i // 192 % 2 = 0, 'actual', 'budget') as version, 'R' || i // 384 as unit_id,
    ['store', 'private_mall', 'public_platform'][i // 384 % 3 + 1] as channel,
    (pick(i, 1) % 90000)::decimal(18, 4) as amount
from range(7680) as n(i)
-- milestones
select 'M' || i as milestone_id, one_of(i, 1, ['objective', 'project', 'cross_team', 'release', 'report'])
    as kind, one_of(i, 2, ['omni-strategy', 'product-ops', 'data-analysis']) as owner_role,
    'R' || i % $regions as unit_id, day_of(i, 2000) as planned_on,
    case when pick(i, 3) % 5 > 0 then day_of(i, 2000) + (pick(i, 4) % 20)::integer - 12 end as done_on
from range(2000) as n(i)
-- external_metrics
select last_day(date '$start' + to_months((i // 2)::integer)) as date,
    ['brand_index', 'platform_category_sales'][i % 2 + 1] as metric, 'wechat' as source_name,
    null::varchar as scope, (1000 + pick(i, 1) % 9000)::decimal(18, 4) as value
from range(48) as n(i)
