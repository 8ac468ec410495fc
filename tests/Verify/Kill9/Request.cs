namespace Marketplace.Verify.Kill9;

/// <summary>What a client wanted done once, and what it was told about it. Written by one client task at a time.</summary>
internal sealed class Request(string name, JobRequest job, bool cancel)
{
    public string Name { get; } = name;

    /// <summary>It was not known to the silo before.</summary>
    public DateTimeOffset MadeAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>The last form in which it was sent.</summary>
    public JobRequest Job { get; set; } = job;

    /// <summary>Whether the client cancels it as soon as it is acknowledged.</summary>
    public bool Cancel { get; } = cancel;

    /// <summary>Set by an acknowledgement: from then on the job may not be lost.</summary>
    public JobId? Acknowledged { get; private set; }

    /// <summary>When that was known.</summary>
    public DateTimeOffset AcknowledgedAt { get; private set; }

    /// <summary>The answer to the cancellation, or an end that was read: from then on the job may not change.</summary>
    public Job? Ended
    {
        get;
        set => (field, EndedAt) = (value, DateTimeOffset.UtcNow);
    }

    /// <summary>When that was known.</summary>
    public DateTimeOffset EndedAt { get; private set; }

    public void Acknowledge(JobId? job) => (Acknowledged, AcknowledgedAt) = (job, DateTimeOffset.UtcNow);
}
