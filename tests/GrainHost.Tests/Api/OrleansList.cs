namespace Marketplace.GrainHost.Tests.Api;

/// <summary>The list of what Orleans declares, which stands beside the checkout: one member a line, its assembly before it.</summary>
internal static class OrleansList
{
    private const string ForSerializers =
        "#ctor(System.Runtime.Serialization.SerializationInfo,System.Runtime.Serialization.StreamingContext)";

    /// <summary>
    /// Members of the list that the packages of version 10.4.2 no longer show: the constructors are private there, and the method gives
    /// another type. The embedded host may not declare them.
    /// </summary>
    public static readonly string[] GoneFromThePackages =
    [
        $"M:Orleans.Runtime.EnumerationAbortedException.{ForSerializers}",
        $"M:Orleans.Runtime.Messaging.InvalidMessageFrameException.{ForSerializers}",
        "M:Orleans.Runtime.SiloAddress.GetUniformHashCodes(System.Int32) : System.UInt32[]",
    ];

    /// <summary>Where it is; the calling test is skipped where it is not, except on a build server.</summary>
    public static string Path()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = System.IO.Path.Combine(folder.FullName, "shared", "orleans-api-10.txt");
            if (File.Exists(path))
            {
                return path;
            }
        }

        const string missing = "shared/orleans-api-10.txt stands beside no folder above the tests.";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", missing);
        Assert.Skip(missing);
        return "";
    }
}
