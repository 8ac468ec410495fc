namespace Marketplace.GrainHost.Hosting;

/// <summary>
/// Calls that wait for each other. The host does not break the circle, because a grain may not await what it called; if it is
/// one, the calls end by their timeouts, whose messages repeat the report.
/// </summary>
/// <param name="Calls">Each as "interface.method of type/key"; each waits for the next, the last for the first.</param>
public sealed record DeadlockReport(IReadOnlyList<string> Calls)
{
    public override string ToString() => $"{string.Join(" waits for ", Calls)} waits for {Calls[0]}";
}
