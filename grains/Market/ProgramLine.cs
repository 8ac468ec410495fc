namespace Marketplace.Grains;

/// <summary>The writing jobs of one program: one is at the head, ready or running; the others wait in the order of their places.</summary>
internal sealed class ProgramLine
{
    private readonly SortedSet<MarketJob> _waiting = new(
        Comparer<MarketJob>.Create(
            (left, right) =>
                left.Ticket.SubmittedAt != right.Ticket.SubmittedAt
                    ? left.Ticket.SubmittedAt.CompareTo(right.Ticket.SubmittedAt)
                    : left.Ticket.Job.CompareTo(right.Ticket.Job)
        )
    );

    public MarketJob? Head { get; private set; }

    public bool IsEmpty => Head is null && _waiting.Count == 0;

    /// <returns>True where the job is at the head.</returns>
    public bool Enter(MarketJob job)
    {
        if (Head is null || Head == job)
        {
            Head = job;
            return true;
        }

        _waiting.Add(job);
        return false;
    }

    /// <summary>The job runs elsewhere, whatever its place.</summary>
    /// <returns>The job that was at the head, and waits now; null where it was none or this one.</returns>
    public MarketJob? MakeHead(MarketJob job)
    {
        _waiting.Remove(job);
        var other = Head == job ? null : Head;
        if (other is not null)
        {
            _waiting.Add(other);
        }
        Head = job;
        return other;
    }

    /// <returns>The job that is at the head now and was not before.</returns>
    public MarketJob? Leave(MarketJob job)
    {
        if (Head != job)
        {
            _waiting.Remove(job);
            return null;
        }

        Head = _waiting.Min;
        if (Head is not null)
        {
            _waiting.Remove(Head);
        }
        return Head;
    }
}

/// <summary>The lines of all programs with open writing jobs.</summary>
internal sealed class ProgramLines
{
    private readonly Dictionary<ProgramId, ProgramLine> _lines = [];

    public MarketJob? HeadOf(ProgramId program) => _lines.GetValueOrDefault(program)?.Head;

    /// <returns>True where the job may run now: it is at the head, or writes nothing.</returns>
    public bool Enter(MarketJob job)
    {
        if (!job.Ticket.UsesState)
        {
            return true;
        }
        if (!_lines.TryGetValue(job.Ticket.Spec.Program, out var line))
        {
            _lines.Add(job.Ticket.Spec.Program, line = new ProgramLine());
        }
        return line.Enter(job);
    }

    /// <inheritdoc cref="ProgramLine.MakeHead"/>
    public MarketJob? MakeHead(MarketJob job) =>
        job.Ticket.UsesState && _lines.TryGetValue(job.Ticket.Spec.Program, out var line) ? line.MakeHead(job) : null;

    /// <returns>The job that may run now and could not before; null where none.</returns>
    public MarketJob? Leave(MarketJob job)
    {
        if (!job.Ticket.UsesState || !_lines.TryGetValue(job.Ticket.Spec.Program, out var line))
        {
            return null;
        }
        var next = line.Leave(job);
        if (line.IsEmpty)
        {
            _lines.Remove(job.Ticket.Spec.Program);
        }
        return next;
    }
}
