-- ARGV: id, seconds to remember that it is finished, event and detail for the history, what to count if another had
-- finished it already ('' for nothing), who takes the next job ('' for nobody), the lease in microseconds, 1 if this is
-- repeated, then pairs of what to count and how much.
-- Asks for no holder: the mail is out, whoever holds the lease. Returns what claim does of the next job, or nothing.
local id, job, taker, lease = ARGV[1], job_of(ARGV[1]), ARGV[6], ARGV[7]

-- A taker asks soon after it got the job that it finishes now. One that asks later has given up: its call lay unread in a
-- Redis that was frozen, or came over a connection that was cut.
local PATIENCE = 3 * SECOND
local held_until = redis.call('HGET', HOLDER, id) == taker and redis.call('ZSCORE', LEASED, id)
local waits = held_until and now() - (held_until - lease) < PATIENCE

forget(id)
if tonumber(ARGV[2]) > 0 then redis.call('SET', SETTLED .. id, 1, 'EX', ARGV[2]) end
if job then
  remember(job.address_hash, id, ARGV[3], ARGV[4])
  for i = 9, #ARGV, 2 do count(ARGV[i], ARGV[i + 1]) end
elseif ARGV[5] ~= '' then
  count(ARGV[5], 1)
end

if taker == '' then return false end

-- What the taker was given by a call whose answer got lost goes back.
if ARGV[8] == '1' then
  local holders = redis.call('HGETALL', HOLDER)
  for i = 1, #holders, 2 do
    if holders[i + 1] == taker then
      redis.call('ZREM', LEASED, holders[i])
      redis.call('HDEL', HOLDER, holders[i])
      requeue(holders[i])
    end
  end
  return false
end

if not waits then return false end

-- The next message, as a worker takes it. One that is not ours is Celery's.
local _, next_id = read(redis.call('LINDEX', QUEUE, -1) or '')
if not next_id then return false end
redis.call('RPOP', QUEUE)
return claim(next_id, taker, lease)
