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
