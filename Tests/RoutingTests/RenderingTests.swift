import Routing
import Testing
