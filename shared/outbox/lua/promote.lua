local id, event = unpack(ARGV)
-- Marks a change notice as confirmed and makes it due at once: the next sweep queues it.
local entry = redis.call('HGET', JOBS, id)
if not entry then return end
redis.call('ZADD', LATER, 'XX', 0, id)
local job = cjson.decode(entry)
-- Spliced into the text: cjson would write the numbers of the entry with fewer digits.
if not job.confirmed then redis.call('HSET', JOBS, id, string.sub(entry, 1, -2) .. ',"confirmed":true}') end
remember(job.address_hash, id, event, '')
