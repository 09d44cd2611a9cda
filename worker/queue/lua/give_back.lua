local lease_owner = ARGV[1]
-- Ends the leases of an owner that will not do their jobs: of those whose ids follow, or of all if none does.
local ids = {unpack(ARGV, 2)}
if #ids == 0 then
  local owners = redis.call('HGETALL', LEASE_OWNER)
  for i = 1, #owners, 2 do
    if owners[i + 1] == lease_owner then ids[#ids + 1] = owners[i] end
  end
end
for _, id in ipairs(ids) do
  if redis.call('HGET', LEASE_OWNER, id) == lease_owner then
    end_lease(id)
    requeue(id)
  end
end
if #ids > 0 then call_worker(lease_owner) end
