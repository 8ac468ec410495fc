using System.Globalization;

namespace Marketplace.Verify;

/// <summary>Values by name: <c>--cycles 20</c>.</summary>
public sealed class VerifyArguments(IReadOnlyList<string> args)
{
    /// <returns>The first of the arguments that the help of their check does not name; null where it names all.</returns>
    public static string? Unknown(IReadOnlyList<string> args, string help) =>
        args.FirstOrDefault(arg =>
            arg.StartsWith("--", StringComparison.Ordinal) && !" ]:".Any(end => help.Contains($"[{arg}{end}", StringComparison.Ordinal))
        );

    public int Number(string name, int otherwise) =>
        Text(name) is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;

    public string? Text(string name)
    {
        for (var index = 0; index + 1 < args.Count; index++)
        {
            if (args[index] == "--" + name)
            {
                return args[index + 1];
            }
        }
        return null;
    }
}
