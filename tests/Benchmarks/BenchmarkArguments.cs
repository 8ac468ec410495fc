using System.Globalization;

namespace Marketplace.Benchmarks;

/// <summary>Values by name: <c>--jobs 200000</c>.</summary>
internal sealed class BenchmarkArguments(string[] args)
{
    public int Number(string name, int otherwise)
    {
        var index = Array.IndexOf(args, "--" + name);
        return index < 0 ? otherwise : int.Parse(args[index + 1], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    public string Text(string name, string otherwise)
    {
        var index = Array.IndexOf(args, "--" + name);
        return index < 0 ? otherwise : args[index + 1];
    }
}
