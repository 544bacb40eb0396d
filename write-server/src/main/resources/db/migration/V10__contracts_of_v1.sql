-- Events and commands that were stored before the contracts of v1 have texts in fields that are no longer
-- read: a server that went on with them would lose reasons and messages unnoticed.
do $$
begin
  if exists (select from events) or exists (select from submissions)
    or exists (select from import_chunks) then
    raise exception using errcode = 'GP010',
      message = 'the write database holds events or commands of before the contracts of v1, which this'
        ' version does not read: begin with an empty database and an empty JOURNAL_FOLDER';
  end if;
end
$$;
