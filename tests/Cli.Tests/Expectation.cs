using System.Runtime.CompilerServices;

namespace Marketplace.Cli.Tests;

/// <summary>
/// What users see, as files that are reviewed like an interface. To accept a change, run the tests once with the environment variable
/// MARKETPLACE_ACCEPT=1 and look at the difference.
/// </summary>
internal static class Expectation
{
    public static void Matches(string name, string actual, [CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("MARKETPLACE_ACCEPT") == "1")
        {
            var source = Path.Combine(Path.GetDirectoryName(here)!, "Expectations", name);
            Directory.CreateDirectory(Path.GetDirectoryName(source)!);
            File.WriteAllText(source, actual);
            return;
        }
        var path = Path.Combine(AppContext.BaseDirectory, "Expectations", name);
        Assert.True(
            File.Exists(path),
            $"There is no Expectations/{name}. Run the tests with MARKETPLACE_ACCEPT=1 and review what they write. Seen:\n{actual}"
        );
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
