-- ARGV[1]: JSON of a list of jobs, each with its id, address_hash, event and detail for its history, counts, the
-- counter `doubled` to increase instead if it is already finished, and `settled`: the seconds for which its id is not
-- accepted again.
--
-- The emails are sent, so it does not matter who holds the leases. May be repeated after a timeout, with `repeated` as
-- ARGV[2]: what is already finished is then not taken for doubled.
local jobs, repeated = cjson.decode(ARGV[1]), ARGV[2] == '1'
local ids, counts = {}, {}

local function tally(field, amount)
  counts[field] = (counts[field] or 0) + amount
end

for i, job in ipairs(jobs) do
  ids[i] = job.id
  if redis.call('HDEL', JOBS, job.id) == 1 then
    if job.settled > 0 then redis.call('SET', SETTLED .. job.id, 1, 'EX', job.settled) end
    remember(job.address_hash, job.id, job.event, job.detail)
    for field, amount in pairs(job.counts) do tally(field, amount) end
  elseif job.doubled ~= '' and not repeated then
    tally(job.doubled, 1)
  end
end
forget(unpack(ids))
for field, amount in pairs(counts) do count(field, amount) end
