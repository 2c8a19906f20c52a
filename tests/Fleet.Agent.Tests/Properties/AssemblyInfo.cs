// Most of these tests wait for lines, timers and disks: more of them at once than there are cores, and each fixture beside others.
[assembly: LevelOfParallelism(4)]
[assembly: Parallelizable(ParallelScope.Fixtures)]
