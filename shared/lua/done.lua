-- ARGV: id, seconds to remember that it is finished, event and detail for the history, what to count if another had
-- finished it already ('' for nothing), then pairs of what to count and how much.
-- Asks for no holder: the mail is out, whoever holds the lease.
local id, job = ARGV[1], job_of(ARGV[1])
forget(id)
if tonumber(ARGV[2]) > 0 then redis.call('SET', SETTLED .. id, 1, 'EX', ARGV[2]) end
if job then
  remember(job.address_hash, id, ARGV[3], ARGV[4])
  for i = 6, #ARGV, 2 do count(ARGV[i], ARGV[i + 1]) end
elseif ARGV[5] ~= '' then
  count(ARGV[5], 1)
end
return 1
