namespace Marketplace.Silo;

/// <summary>
/// A silo's name in the membership table: the name that people say, and its worker, so that the others know whose leases are free even when
/// all that they have left of the silo is its row.
/// </summary>
internal static class SiloLabel
{
    private const char Between = '/';

    public static string Of(string name, WorkerId worker) => $"{name}{Between}{worker}";

    public static string NameOf(string label) => label.LastIndexOf(Between) is > 0 and var end ? label[..end] : label;

    public static WorkerId? WorkerOf(string label) =>
        WorkerId.TryParse(label[(label.LastIndexOf(Between) + 1)..], out var worker) ? worker : null;
}
