-- Moves a source's checkpoint from where it is believed to be. Where it is elsewhere, or under another
-- fence, it fails, and with it the transaction: whatever was sent together with it is not written.
create function move_checkpoint(
  p_source text, p_fence bigint, p_log_id text, p_epoch text, p_position bigint, p_parked bigint,
  p_to_position bigint, p_to_event_id text, p_to_parked bigint)
returns checkpoints
language plpgsql
as $$
declare
  moved checkpoints;
begin
  update checkpoints
  set position = p_to_position, last_event_id = p_to_event_id, parked = p_to_parked
  where source = p_source and fence = p_fence and log_id = p_log_id and epoch = p_epoch
    and position = p_position and parked = p_parked
  returning * into moved;
  if not found then
    raise exception using errcode = 'GP001',
      message = format('%s is not at %s under fence %s', p_source, p_position, p_fence);
  end if;
  return moved;
end
$$;
